/**
 * The environment of PostgreSQL's programs. It inherits nothing, because `PGTZ`, `PGDATA`, `LC_ALL`
 * and similar variables would change how the database behaves.
 */
export const serverEnvironment = Object.freeze({ LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' });
