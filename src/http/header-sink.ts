/** What is needed of a response, of Express or Fastify, to set its headers. */
export interface HeaderSink {
  header(name: string, value: string | string[]): unknown;
}
