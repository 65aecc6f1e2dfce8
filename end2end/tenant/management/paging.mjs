// Lists in pages: `page` and `per_page`, with totals on request; and the newer way, `from` and `take`.

import { ApiError } from '../http/api-error.mjs';

const MOST = 100;
const USUAL = 50;
/** Paging reaches no further, whatever there is. https://auth0.com/docs/manage-users/user-search/view-search-results-by-page */
const REACH = 1000;

/**
 * @param {URLSearchParams} query
 * @param {string} name of the list in an answer with totals
 * @param {object[]} entries
 * @param {{withLength?: boolean}} options `length`, as /users and logs have it
 */
export function paged(query, name, entries, { withLength = false } = {}) {
  const page = whole(query, 'page', 0, 0, Infinity);
  const perPage = whole(query, 'per_page', USUAL, 1, MOST);
  const start = page * perPage;
  if (start >= REACH) {
    throw new ApiError(400, `You can only page through the first ${REACH} records. See https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation`, { errorCode: 'invalid_paging' });
  }
  const shown = entries.slice(start, start + perPage);
  if (query.get('include_totals') !== 'true') return shown;
  return { start, limit: perPage, ...(withLength && { length: shown.length }), total: entries.length, [name]: shown };
}

/** Checkpoint paging: `next` is there as long as more is. */
export function fromCheckpoint(query, name, entries, idOf) {
  const take = whole(query, 'take', USUAL, 1, MOST);
  const from = query.get('from');
  const start = from === null ? 0 : entries.findIndex((entry) => idOf(entry) === from);
  if (start < 0) throw new ApiError(400, 'Invalid checkpoint', { errorCode: 'invalid_query_string' });
  const next = entries[start + take];
  return { [name]: entries.slice(start, start + take), ...(next && { next: idOf(next) }) };
}

function whole(query, name, fallback, least, most) {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  const wrong = (what) => new ApiError(400, `Query validation error: '${what}' on property ${name}.`, { errorCode: 'invalid_query_string' });
  if (!/^-?\d+$/.test(text)) throw wrong('Expected type integer but found type string');
  if (value < least) throw wrong(`Value ${value} is less than minimum ${least}`);
  if (value > most) throw wrong(`Value ${value} is greater than maximum ${most}`);
  return value;
}
