import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/**
 * Whether a body was signed with one of the secrets (Standard Webhooks: headers webhook-id,
 * webhook-timestamp, webhook-signature), not more than five minutes ago or ahead. Several secrets
 * are valid at once while they are rotated.
 */
export function signatureChecker(
  secrets: readonly string[],
): (headers: Record<string, string>, body: string) => boolean {
  const webhooks = secrets.map((secret) => new NativeWebhook(secret));
  return (headers, body) => webhooks.some((webhook) => verifies(webhook, headers, body));
}

/** The library's own hash is written in JavaScript, and takes ten times as long for a batch of a hundred events. */
class NativeWebhook extends Webhook {
  private readonly secret: KeyObject;

  constructor(secret: string) {
    super(secret);
    this.secret = createSecretKey(secret.replace(/^whsec_/, ''), 'base64');
  }

  override sign(id: string, at: Date, body: string | Buffer): string {
    const seconds = Math.floor(at.getTime() / 1000);
    const hmac = createHmac('sha256', this.secret).update(`${id}.${seconds}.`).update(body);
    return `v1,${hmac.digest('base64')}`;
  }
}

function verifies(webhook: Webhook, headers: Record<string, string>, body: string): boolean {
  try {
    webhook.verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
