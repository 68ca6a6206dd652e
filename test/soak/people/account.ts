/** How the mails of an account are looked at before the person sees them. */
export type Scanning = 'none' | 'opens' | 'opens and presses';

export interface Account {
  readonly email: string;
  readonly scanning: Scanning;
  /** Somebody who signs in does nothing else: a sign-in ends all links of the address. */
  isSigningIn: boolean;
}
