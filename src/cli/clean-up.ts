import 'reflect-metadata';

import { runCommand } from '../app/process/command';
import { runOnce } from '../app/process/run-service';
import { startWithoutHttp } from '../app/process/without-http';
import { CleanUp } from '../clean-up/clean-up.service';

const HELP = `
Deletes once what services on the same database delete from time to time: links and sessions that
have expired and mails that are done with, each after its retention; limits that no longer matter;
counts of wrong codes that have not grown for 30 days. Use it where the services have
AUTH_CLEAN_UP_INTERVAL_MINUTES=0 and a timer of yours decides when to clean up.

The last line of the log says what was deleted. If another process is cleaning up at that moment,
this one leaves the rest to it, and the outcome is "yielded". A signal stops it after the batch
that it is deleting.

It reads the variables of the service (npm run start:prod). How long things are kept is set by
AUTH_LINK_RETENTION_DAYS, AUTH_SESSION_RETENTION_DAYS and AUTH_MAIL_RETENTION_DAYS.
`;

void runCommand({
  name: 'npm run clean-up',
  help: HELP,
  run: () =>
    runOnce(async (environment, logger, stop) => {
      const context = await startWithoutHttp(environment, logger, { mailWorker: false });
      try {
        await context.get(CleanUp).run(stop);
      } finally {
        await context.close();
      }
    }),
});
