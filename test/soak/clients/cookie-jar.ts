/** A browser's cookies for the service, with the times at which they go. */
export class CookieJar {
  private readonly cookies = new Map<string, { readonly value: string; readonly until: number }>();

  /** @param minute that it is. */
  learn(setCookies: readonly string[], minute: number): void {
    for (const line of setCookies) {
      const [pair = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      const maxAge = attributes.find((attribute) => attribute.startsWith('Max-Age='))?.slice(8);
      const until = maxAge === undefined ? Infinity : minute + Number(maxAge) / 60;
      if (maxAge === '0') this.cookies.delete(name);
      else this.cookies.set(name, { value, until });
    }
  }

  /** The value of a cookie that is there yet. */
  get(name: string, minute: number): string | undefined {
    const cookie = this.cookies.get(name);
    return cookie !== undefined && cookie.until > minute ? cookie.value : undefined;
  }

  /** What the browser sends, `undefined` where it has none. */
  header(minute: number): string | undefined {
    const pairs = [...this.cookies]
      .filter(([, { until }]) => until > minute)
      .map(([name, { value }]) => `${name}=${value}`);
    return pairs.length === 0 ? undefined : pairs.join('; ');
  }
}
