// Prints the people of the local tenant, as `make run` introduces them: one line each, taken from people.json.
import { readFileSync } from 'node:fs';

const { people } = JSON.parse(readFileSync(new URL('../../end2end/tenant/people.json', import.meta.url), 'utf8'));

/** One of the people is hostile on purpose: nothing of a name may move the cursor or turn the line round. */
const plain = (text) => {
  const visible = text.replace(/[\p{Cc}\p{Cf}]/gu, '');
  return [...visible].length > 28 ? `${[...visible].slice(0, 27).join('')}…` : visible;
};

const rows = people.map((person) => [
  person.user_id.replace(/^auth0\|/, ''),
  plain(person.name),
  person.roles.length > 0 ? person.roles.join(', ') : 'no role',
]);
const widths = [0, 1].map((column) => Math.max(...rows.map((row) => [...row[column]].length)));
for (const [id, name, roles] of rows) {
  const pad = (text, width) => text + ' '.repeat(width - [...text].length);
  console.log(`  ${pad(id, widths[0])}  ${pad(name, widths[1])}  ${roles}`);
}
