import 'reflect-metadata';

import { runCommand } from '../app/process/command';
import { runProductionService } from '../app/process/run-service';
import { startWithoutHttp } from '../app/process/without-http';

const HELP = `
Sends the mail that services on the same database have queued, until a signal stops it. It answers
no requests. You may run several beside each other and beside services, which send mail as well.

It reads the variables of the service (npm run start:prod). Give it the same values as the services,
above all AUTH_MASTER_KEY, AUTH_DATABASE_URL, AUTH_SMTP_URL, AUTH_MAIL_FROM and AUTH_PUBLIC_URL: it
makes the link of each mail itself.
`;

void runCommand({
  name: 'npm run mail-worker',
  help: HELP,
  run: () =>
    runProductionService(async (environment, logger) => {
      const worker = await startWithoutHttp(environment, logger, { mailWorker: true });
      logger.log('Sending mail', 'Service');
      return {
        stop: async () => {
          logger.log('Stopping', 'Service');
          await worker.close();
          logger.log('Stopped', 'Service');
        },
      };
    }),
});
