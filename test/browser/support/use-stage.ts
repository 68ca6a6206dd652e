import { Stage } from './stage';

/** A stage for the file. Each test ends with nobody on it, and fails when a browser complained. */
export function useStage(): Stage {
  const stage = new Stage();

  beforeAll(() => stage.open());

  afterEach(async () => {
    expect(await stage.clear()).toEqual([]);
  });

  afterAll(() => stage.close());

  return stage;
}
