/** Series with their values, as `name{label="value"}`. */
export type Series = ReadonlyMap<string, number>;

function seriesIn(text: string): Series {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** What the metrics of a service say at present. */
export async function scrape(url: string): Promise<Series> {
  const answer = await fetch(`${url}/metrics`);
  expect(answer.status).toBe(200);
  return seriesIn(await answer.text());
}
