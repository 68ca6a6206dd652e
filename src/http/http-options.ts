/** The options of the HTTP parts that all routes share. */
export interface HttpOptions {
  /**
   * Origins such as `https://app.example.com` whose pages may call the API, for the origin rule and
   * for CORS. They are compared character by character.
   */
  readonly allowedOrigins: readonly string[];
  /** The URL under which people reach the service; with `https:`, answers have HSTS. */
  readonly publicUrl: string;
}

/** Injection token of {@link HttpOptions}. */
export const HTTP_OPTIONS = Symbol('HTTP_OPTIONS');
