import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Makes the devices known that the previous release knew: those that were remembered, and those of
 * sessions of the last 90 days. A device is left out when its last session there was ended for a
 * reason that makes this release forget it. Their digests are of the previous release's form, and are
 * replaced when the device signs in next.
 */
export class TakeOverKnownDevices1764000012000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      INSERT INTO devices (id, user_id, digest, first_seen_at, last_seen_at)
      WITH session AS (
        SELECT user_id, device_fingerprint AS digest, created_at, last_accessed_at,
               CASE WHEN revoked_reason IN ('user_request', 'reported', 'first_mailbox_proof')
                         OR (revoked_reason = 'logout' AND NOT remember_device)
                    THEN coalesce(revoked_at, last_accessed_at) END AS forgotten_at
          FROM user_sessions WHERE device_fingerprint IS NOT NULL
      ), used AS (
        SELECT user_id, digest, min(created_at) AS first_seen_at,
               max(last_accessed_at) AS last_seen_at, max(forgotten_at) AS forgotten_at,
               max(created_at) FILTER (WHERE forgotten_at IS NULL) AS kept_from
          FROM session GROUP BY user_id, digest
      ), remembered AS (
        SELECT id AS user_id, unnest(trusted_device_ids) AS digest,
               created_at AS first_seen_at, coalesce(last_login_at, created_at) AS last_seen_at
          FROM users
      ), device AS (
        SELECT coalesce(used.user_id, remembered.user_id) AS user_id,
               coalesce(used.digest, remembered.digest) AS digest,
               least(used.first_seen_at, remembered.first_seen_at) AS first_seen_at,
               greatest(used.last_seen_at, remembered.last_seen_at) AS last_seen_at
          FROM used FULL JOIN remembered USING (user_id, digest)
         WHERE coalesce(used.kept_from > used.forgotten_at, used.forgotten_at IS NULL)
      ), newest AS (
        SELECT DISTINCT ON (user_id, digest) * FROM device
         WHERE last_seen_at > now() - interval '90 days'
      )
      SELECT gen_random_uuid(), user_id, digest, first_seen_at, last_seen_at
        FROM (SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY last_seen_at DESC) AS place
                FROM newest) AS ranked
       WHERE place <= 20
    `);
    // The rules that the columns were added with, on which nobody has to wait.
    await queryRunner.query(`
      ALTER TABLE magic_links VALIDATE CONSTRAINT magic_links_device_check;
      ALTER TABLE user_sessions VALIDATE CONSTRAINT user_sessions_device_check
    `);
    // So that ending one of these sessions from elsewhere forgets its device.
    await queryRunner.query(`
      UPDATE user_sessions session SET device_id = device.id
        FROM devices device
       WHERE device.user_id = session.user_id AND device.digest = session.device_fingerprint
         AND session.is_active AND session.expires_at > now()
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DELETE FROM devices');
  }
}
