// The part of Auth0's user search (`q`, search_engine v3) that an application needs: `field:value`, `field:"a value"`,
// a trailing `*`, and words, joined by AND. https://auth0.com/docs/manage-users/user-search/user-search-query-syntax

import { ApiError } from '../http/api-error.mjs';

const WORD_FIELDS = ['name', 'email', 'nickname', 'user_id'];
const TERM = /(?:([\w.]+):)?(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/g;

/** Finds and sorts users. */
export function search(users, query) {
  const wanted = terms(query.get('q') ?? '');
  const found = users.filter((user) => wanted.every((matches) => matches(user)));
  const sort = /^([\w.]+):(1|-1)$/.exec(query.get('sort') ?? '');
  if (!sort) return found;
  const [, field, direction] = sort;
  return found.sort((a, b) => Number(direction) * compare(valueAt(a, field), valueAt(b, field)));
}

function terms(text) {
  const rest = text.replace(TERM, '').trim();
  if (rest !== '') throw new ApiError(400, 'Invalid query', { errorCode: 'invalid_query_string' });
  return [...text.matchAll(TERM)]
    .filter(([whole]) => whole !== 'AND')
    .map(([, field, quoted, plain]) => matcher(field, quoted?.replace(/\\(.)/g, '$1') ?? plain));
}

function matcher(field, pattern) {
  const open = pattern.endsWith('*');
  const wanted = (open ? pattern.slice(0, -1) : pattern).toLowerCase();
  const fits = (value) => {
    const text = String(value).toLowerCase();
    return open ? text.startsWith(wanted) || text.split(/\s+/).some((word) => word.startsWith(wanted)) : text === wanted;
  };
  return (user) => (field ? [field] : WORD_FIELDS).some((name) => valueAt(user, name) !== undefined && fits(valueAt(user, name)));
}

function valueAt(user, field) {
  return field.split('.').reduce((value, name) => value?.[name], user);
}

function compare(a, b) {
  return String(a ?? '').localeCompare(String(b ?? ''), 'en');
}
