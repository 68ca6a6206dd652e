import { PermanentMailError, TransientMailError } from '../mailer';
import { smtpFailure } from './smtp-failure';

describe('an error of nodemailer', () => {
  it.each([
    [{ code: 'EENVELOPE', responseCode: 550 }, 'smtp 550'],
    [{ code: 'EMESSAGE', responseCode: 554 }, 'smtp 554'],
    [{ code: 'EENVELOPE' }, 'envelope'],
  ])('is permanent where the mail was refused: %j', (error, failure) => {
    expect(smtpFailure(error)).toBeInstanceOf(PermanentMailError);
    expect(smtpFailure(error).failure).toBe(failure);
  });

  it.each([
    [{ code: 'EENVELOPE', responseCode: 450 }, 'smtp 450'],
    [{ code: 'EENVELOPE', responseCode: 503 }, 'smtp 503'],
    [{ code: 'EENVELOPE', responseCode: 530 }, 'smtp 530'],
    [{ code: 'EAUTH', responseCode: 535 }, 'smtp 535'],
    [{ code: 'EPROTOCOL', responseCode: 554 }, 'smtp 554'],
    [{ code: 'ETIMEDOUT' }, 'timeout'],
    [{ code: 'EDNS' }, 'dns'],
    [{ code: 'ETLS', responseCode: 500 }, 'tls'],
    [{ code: 'ESOCKET', originalCode: 'CERT_HAS_EXPIRED' }, 'tls'],
    [{ code: 'ESOCKET', originalCode: 'ECONNRESET' }, 'connection'],
    [{ code: 'SOMETHING_NEW' }, 'unknown'],
    [new Error('no code'), 'unknown'],
    [undefined, 'unknown'],
  ])('is transient where another attempt may succeed: %j', (error, failure) => {
    expect(smtpFailure(error)).toBeInstanceOf(TransientMailError);
    expect(smtpFailure(error).failure).toBe(failure);
  });
});
