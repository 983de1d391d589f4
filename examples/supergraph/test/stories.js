const { ACCESS_STORIES, ENTITY_STORIES } = require('./access');
const { CHANGE_STORIES } = require('./changes');
const { OUTAGE_STORIES, STOREFRONT_STORIES } = require('./storefront');

/**
 * The stories that are played through every gateway, in this order, on one history. `needs` is what of a gateway a
 * story takes for granted: where `cannot` of gateways.js names it, the story is skipped for the reason given there.
 */
const STORIES = [
  ...ENTITY_STORIES,
  ...STOREFRONT_STORIES,
  ...CHANGE_STORIES,
  ...ACCESS_STORIES,
  ...OUTAGE_STORIES,
];

/** Why a gateway cannot do a story; undefined where it can. */
const reasonAgainst = ({ needs = [] }, { cannot }) =>
  needs.map((need) => cannot[need]).find(Boolean);

module.exports = { STORIES, reasonAgainst };
