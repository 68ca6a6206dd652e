/** What the shared HTTP parts need to know about where the service stands. */
export interface HttpOptions {
  /**
   * Serialised origins (`https://app.example.com`) whose pages may call the API: the list of the
   * origin rule and of CORS. Compared exactly.
   */
  readonly allowedOrigins: readonly string[];
  /** The URL under which people reach the service; with `https:` it is announced by HSTS. */
  readonly publicUrl: string;
}

/** Injection token of {@link HttpOptions}. */
export const HTTP_OPTIONS = Symbol('HTTP_OPTIONS');
