/**
 * The environment of PostgreSQL's programs: nothing of ours, as `PGTZ`, `PGDATA`, `LC_ALL` and
 * others of the kind would change what a database is like.
 */
export const serverEnvironment = Object.freeze({ LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' });
