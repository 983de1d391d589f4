/** What the clients of the stories ask, as their code would have it. */

const STOREFRONT = `query Storefront($id: ID!) {
  customer(id: $id) {
    name
    organization { name }
    xPoints { available held owed value { amount currency } sequence }
    tier {
      tier { code }
      turnover { amount currency }
      next { tier { code } missing { amount } progress }
    }
    orders {
      id
      number
      netTotal { amount currency }
      xPoints { earned redeemed }
      xPointsQuote(customerId: $id) {
        net { amount currency }
        earns
        payable
        payableValue { amount }
        remainder { amount }
      }
    }
  }
}`;

const REDEEM = `mutation Redeem($input: RedeemXPointsInput!) {
  redeemXPoints(input: $input) {
    __typename
    ... on RedeemXPointsSuccess {
      redemption { id state points captured }
      balance { available held sequence }
      customer { name xPoints { available } }
      order { number xPoints { redeemed } }
    }
    ... on Refusal { code message }
    ... on InsufficientXPoints { available }
    ... on LimitExceeded { limit }
  }
}`;

const WATCH = `subscription Watch($id: ID!, $after: XPoints) {
  xPointsBalanceChanged(customerId: $id, after: $after) {
    sequence
    entry { kind availableChange order { number } }
    balance { available }
    customer { name orders { number xPoints { earned } } }
  }
}`;

const LINK = `query Link($id: ID!) { customer(id: $id) { referral { link { code url } } } }`;

const INVITATION = `query Invitation($code: String!) {
  referralInvitation(code: $code) { isValid discountPercent program { code } }
}`;

const REFERRED = `query Referred($id: ID!) {
  customer(id: $id) {
    xPoints { available }
    discountCodes { code percent state order { number } }
    referral { referredBy { name } }
  }
}`;

const APPLY = `mutation Apply($input: ApplyDiscountCodeInput!) {
  applyDiscountCode(input: $input) {
    __typename
    ... on ApplyDiscountCodeSuccess {
      amount { amount currency }
      order { number netTotal { amount } referral { discount { amount { amount } } } }
    }
    ... on Refusal { code }
  }
}`;

const REFERRER = `query Referrer($id: ID!) {
  customer(id: $id) {
    xPoints { available }
    referral { pointsEarned invitees { nodes { customer { name } state bonus } } }
  }
}`;

const PHONE = `subscription Phone($id: ID!, $after: XPoints) {
  xPointsBalanceChanged(customerId: $id, after: $after) {
    sequence
    entry { kind availableChange lots { from to points } }
    balance { available }
    customer { name }
  }
}`;

const DESK_LIST = '{ setAsideEvents { nodes { eventId } } }';

const RELEASE = `mutation Release($input: ReleaseRedemptionInput!) {
  releaseRedemption(input: $input) {
    ... on RedeemXPointsSuccess { redemption { state } customer { name } }
  }
}`;

const EVERYBODY = '{ customers { id name xPoints { available } tier { tier { code } } } }';

const TWICE = `query Twice($id: ID!) {
  first: customer(id: $id) { xPoints { available } }
  second: customer(id: $id) { xPoints { available } orders { xPoints { earned } } }
}`;

module.exports = {
  STOREFRONT,
  REDEEM,
  WATCH,
  LINK,
  INVITATION,
  REFERRED,
  APPLY,
  REFERRER,
  PHONE,
  DESK_LIST,
  RELEASE,
  EVERYBODY,
  TWICE,
};
