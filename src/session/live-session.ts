/** The condition under which a row is a live session, the idle time-out given as a parameter. */
export function live(idleTimeoutParameter: string): string {
  return `is_active AND expires_at > now()
          AND (${idleTimeoutParameter}::integer = 0
               OR last_accessed_at > now() - make_interval(secs => ${idleTimeoutParameter}::integer))`;
}
