// Errors of the two directory APIs, in the shape both of Auth0's share: statusCode, error, message and some more.

import { STATUS_CODES } from 'node:http';

export class ApiError extends Error {
  /**
   * @param {number} status HTTP status
   * @param {string} message for people
   * @param {object} more further members of the answer, such as `errorCode`
   * @param {Record<string, string>} headers
   */
  constructor(status, message, more = {}, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.body = { statusCode: status, error: STATUS_CODES[status], message, ...more };
  }
}
