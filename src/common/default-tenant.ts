/** The tenant of everybody, as long as there is one (docs/guide.md, section 1.3). */
export const DEFAULT_TENANT = 'default';
