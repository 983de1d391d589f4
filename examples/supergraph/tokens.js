const { randomBytes } = require('node:crypto');
const { SignJWT } = require('jose');

/**
 * Settings that Rewards and the gateway share in one run: how tokens are signed and verified, and the secret by which
 * Rewards knows the gateway.
 */
function tokenSettings() {
  return {
    AUTH_SECRET: randomBytes(32).toString('hex'),
    AUTH_ALGORITHMS: 'HS256',
    AUTH_ISSUER: 'https://login.platform.example',
    AUTH_AUDIENCE: 'rewards',
    ROUTER_SECRET: randomBytes(32).toString('hex'),
  };
}

/**
 * A token of `subject`, good for 12 hours, as the platform's login issues it: a customer's carries no
 * scope of ours, an employee's or a service's does (such as `rewards:desk`), a partner's also names the organisation.
 */
function signToken(settings, subject, scope, organization) {
  return new SignJWT({
    ...(scope === undefined ? {} : { scope }),
    ...(organization === undefined ? {} : { organization_id: organization }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(subject)
    .setIssuer(settings.AUTH_ISSUER)
    .setAudience(settings.AUTH_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(new TextEncoder().encode(settings.AUTH_SECRET));
}

module.exports = { tokenSettings, signToken };
