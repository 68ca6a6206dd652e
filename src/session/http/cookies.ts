import { type CookieProfile, cookieProfile } from '../../common/cookies';

/** The name and attributes of the session cookie for a public URL. */
export function sessionCookieProfile(publicUrl: string): CookieProfile {
  return cookieProfile('mira_session', publicUrl);
}
