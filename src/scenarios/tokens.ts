import { signToken } from '../auth/dev-token';
import type { TokenOf } from './client';

/** Signs tokens with a shared secret: a customer's own, the platform's service's, the desk's. */
export function tokensOf(auth: { secret: Uint8Array; issuer: string; audience: string }): TokenOf {
  const { secret, issuer, audience } = auth;
  return (sender) =>
    typeof sender === 'string'
      ? signToken(secret, { sub: sender, scope: `rewards:${sender}`, issuer, audience })
      : signToken(secret, { sub: sender.customer, issuer, audience });
}
