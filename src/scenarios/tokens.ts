import { signToken } from '../auth/dev-token';
import type { Sender, TokenOf } from './client';

/** Signs tokens with a shared secret: a customer's own, the platform's service's, an analyst's, the desk's. */
export function tokensOf(auth: { secret: Uint8Array; issuer: string; audience: string }): TokenOf {
  const { secret, issuer, audience } = auth;
  return (sender) => signToken(secret, { ...claimsOf(sender), issuer, audience });
}

function claimsOf(sender: Sender): { sub: string; scope?: string } {
  if (typeof sender === 'string') return { sub: sender, scope: `rewards:${sender}` };
  return 'desk' in sender ? { sub: sender.desk, scope: 'rewards:desk' } : { sub: sender.customer };
}
