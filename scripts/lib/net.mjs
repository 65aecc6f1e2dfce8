// Ports and readiness, asked by the shell scripts. Node is there anyway; curl, lsof or nc may not be.
//
//   net.mjs free PORT     exit 0 when nothing listens on PORT on this machine, else 1
//   net.mjs pick COUNT    prints COUNT free loopback ports
//   net.mjs ready URL     exit 0 when URL answers 200; else 1, and prints what it answered
import { connect, createServer } from 'node:net';

const [command, argument] = process.argv.slice(2);

/** Whether something answers on the port: a wildcard listener does, even where the system would let us bind beside it. */
const answers = (host, port) =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(true));
    socket.once('error', () => end(false));
  });

/** Binds the port (0: any free one); resolves to the listening server, or to null when it is taken. */
const bind = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });

const close = (server) => new Promise((resolve) => server.close(resolve));

async function free(port) {
  // `localhost` is ::1 first on many machines: whoever holds it there would get the browser's requests.
  if ((await answers('127.0.0.1', port)) || (await answers('::1', port))) return false;
  const server = await bind(port);
  if (!server) return false;
  await close(server);
  return true;
}

async function pick(count) {
  // All are held until the last is found, so that no port comes twice.
  const servers = await Promise.all(Array.from({ length: count }, () => bind(0)));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map(close));
  return ports;
}

switch (command) {
  case 'free':
    process.exitCode = (await free(Number(argument))) ? 0 : 1;
    break;
  case 'pick':
    console.log((await pick(Number(argument))).join(' '));
    break;
  case 'ready':
    try {
      const response = await fetch(argument, { redirect: 'manual', signal: AbortSignal.timeout(5000) });
      const body = (await response.text()).trim().slice(0, 300);
      if (response.status !== 200) {
        console.log(`it answered ${response.status}${body ? `: ${body}` : ''}`);
        process.exitCode = 1;
      }
    } catch (error) {
      console.log(`no answer: ${error.cause?.code ?? error.message}`);
      process.exitCode = 1;
    }
    break;
  default:
    console.error('usage: net.mjs free PORT | pick COUNT | ready URL');
    process.exitCode = 2;
}
