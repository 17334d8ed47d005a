// What a token for the API holds at each identity provider: taken from a genuine one that the
// sandbox made, so that a test changes one thing and leaves everything else as the provider has it.

/** Providers whose tokens for an API name an audience. Clerk's name the page they are for (`azp`),
 *  WorkOS's are told by issuer and keys. */
const WITH_AUDIENCE = ['oidc', 'okta', 'auth0'];

/** The tokens of one provider, as somebody has them. */
export class Flavour {
  static async of(stage, provider, user) {
    const genuine = await stage.token(user, provider);
    const [header, claims] = genuine.split('.').slice(0, 2).map((it) => JSON.parse(Buffer.from(it, 'base64url')));
    const flavour = new Flavour();
    flavour.provider = provider;
    flavour.genuine = { header, claims };
    flavour.issuer = claims.iss;
    flavour.hasAudience = WITH_AUDIENCE.includes(provider);
    flavour.audience = flavour.hasAudience ? [stage.sandbox.providers[provider].entry.audience].flat()[0] : 'onbehalf';
    /** Who it is about: at Okta `sub` is the login, which may be somebody else's one day. */
    flavour.subject = provider === 'okta' ? 'uid' : 'sub';
    return flavour;
  }

  /** A header for a key of the test's own. */
  header(change) {
    return { ...this.genuine.header, alg: 'RS256', kid: 'mine', ...change };
  }

  /** Claims that are good for ten minutes. `subject` stands for the claim that says who it is. */
  claims(change = {}) {
    const now = Math.floor(Date.now() / 1000);
    const { subject, ...others } = change;
    const who = 'subject' in change ? { [this.subject]: subject } : {};
    return { ...this.genuine.claims, iat: now, exp: now + 600, ...others, ...who };
  }
}
