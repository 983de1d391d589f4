import { Webhook } from 'standardwebhooks';

/**
 * Whether a body was signed with one of the secrets (Standard Webhooks: headers webhook-id,
 * webhook-timestamp, webhook-signature), not more than five minutes ago or ahead. Several secrets
 * are valid at once while they are rotated.
 */
export function signatureChecker(
  secrets: readonly string[],
): (headers: Record<string, string>, body: string) => boolean {
  const webhooks = secrets.map((secret) => new Webhook(secret));
  return (headers, body) => webhooks.some((webhook) => verifies(webhook, headers, body));
}

function verifies(webhook: Webhook, headers: Record<string, string>, body: string): boolean {
  try {
    webhook.verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
