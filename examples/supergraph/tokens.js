const { randomBytes } = require('node:crypto');
const { SignJWT } = require('jose');

/** How the tokens of one run are signed and verified: settings that Rewards and the gateway share. */
function tokenSettings() {
  return {
    AUTH_SECRET: randomBytes(32).toString('hex'),
    AUTH_ALGORITHMS: 'HS256',
    AUTH_ISSUER: 'https://login.platform.example',
    AUTH_AUDIENCE: 'rewards',
  };
}

/**
 * A token of `subject`, good for 12 hours, as the platform's login issues it: a customer's carries no
 * scope of ours, an employee's or a service's does (such as `rewards:desk`).
 */
function signToken(settings, subject, scope) {
  return new SignJWT(scope === undefined ? {} : { scope })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(subject)
    .setIssuer(settings.AUTH_ISSUER)
    .setAudience(settings.AUTH_AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(new TextEncoder().encode(settings.AUTH_SECRET));
}

module.exports = { tokenSettings, signToken };
