/** The tenant of all users: there is only one so far (guide, section 1.3). */
export const DEFAULT_TENANT = 'default';
