/**
 * How closely a link or a session is held to the context it was made in. What each name means is
 * written in `context/context-policy.ts`.
 */
export const CONTEXT_POLICIES = ['exact', 'strict', 'balanced', 'observe'] as const;

export type ContextPolicy = (typeof CONTEXT_POLICIES)[number];
