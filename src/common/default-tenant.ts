/** The tenant of all users: there is only one so far (docs/guide.md, section 1.3). */
export const DEFAULT_TENANT = 'default';
