import { type CookieProfile, cookieProfile } from '../../common/cookies';

/** How the session cookie is called and marked under a public URL. */
export function sessionCookieProfile(publicUrl: string): CookieProfile {
  return cookieProfile('mira_session', publicUrl);
}
