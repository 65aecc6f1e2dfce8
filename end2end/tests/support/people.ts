// The local tenant's people, one a case (tenant/people.json).
import { readFileSync } from 'node:fs';
import path from 'node:path';

interface Person {
  user_id: string;
  name: string;
  nickname: string;
  email: string;
  email_verified: boolean;
}

const file = path.resolve(import.meta.dirname, '../../tenant/people.json');
const { people } = JSON.parse(readFileSync(file, 'utf8')) as { people: Person[] };

/** The person whose case is called this: the id is `auth0|` and the case. */
export function person(name: string): Person {
  const found = people.find(({ user_id }) => user_id === `auth0|${name}`);
  if (!found) throw new Error(`people.json has no ${name}`);
  return found;
}
