/** How the mails of an account are looked at before the person sees them. */
export type Scanning = 'none' | 'opens' | 'opens and presses';

export interface Account {
  readonly email: string;
  readonly scanning: Scanning;
}
