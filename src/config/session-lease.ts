/**
 * How long an instance answers for sessions from memory after it has asked what was revoked
 * (I9: "within one second elsewhere").
 */
export const SESSION_LEASE_MILLISECONDS = 1_000;
