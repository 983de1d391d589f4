const { CriticalityLevel, diff } = require('@graphql-inspector/core');
const { buildASTSchema, parse, visit } = require('graphql');

/** Directives by which a router refuses: who could ask before cannot any more. */
const GUARDS = ['authenticated', 'requiresScopes'];
const DATE = /\b\d{4}-\d{2}-\d{2}\b/;

/** The federation's directives are declared nowhere in a subgraph, and `extend schema` has nothing to compare. */
function schemaOf(sdl) {
  const { definitions } = parse(sdl);
  const own = definitions.filter(({ kind }) => kind !== 'SchemaExtension');
  return buildASTSchema(
    { kind: 'Document', definitions: own },
    { assumeValid: true, assumeValidSDL: true },
  );
}

/**
 * Changes from one SDL to another that break who asks. A deprecated field may go after the date in its deprecation;
 * a guard on a field that had none breaks, though no type changes.
 */
async function breakingChanges(before, after, today) {
  const changes = await diff(schemaOf(before), schemaOf(after));
  const until = new Map(deprecations(before).map(({ where, reason }) => [where, reason]));
  return changes.filter((change) => {
    const { level } = change.criticality;
    if (isNewGuard(change)) return true;
    if (level !== CriticalityLevel.Breaking && !change.type.endsWith('_REMOVED')) return false;
    const reason = until.get(change.path);
    if (reason === undefined) return level === CriticalityLevel.Breaking;
    const isRemoval = change.type === 'FIELD_REMOVED' || change.type === 'ENUM_VALUE_REMOVED';
    return isRemoval && !(DATE.exec(reason)?.[0] < today);
  });
}

function isNewGuard({ type, meta }) {
  if (type !== 'DIRECTIVE_USAGE_FIELD_DEFINITION_ADDED') return false;
  return (
    GUARDS.includes(meta.addedDirectiveName) &&
    meta.addedToNewType !== true &&
    meta.addedToNewField !== true
  );
}

/** Fields, arguments, values and inputs whose deprecation names no date. */
function undated(sdl) {
  return deprecations(sdl)
    .filter(({ reason }) => !DATE.test(reason))
    .map(({ where }) => where);
}

/** Everything deprecated, by its path, with the reason. */
function deprecations(sdl) {
  const found = [];
  visit(parse(sdl), {
    Directive({ name, arguments: args = [] }, _key, _parent, _path, ancestors) {
      if (name.value !== 'deprecated') return;
      const where = ancestors.flatMap((node) => node?.name?.value ?? []).join('.');
      const reason = args.find((arg) => arg.name.value === 'reason')?.value.value ?? '';
      found.push({ where, reason });
    },
  });
  return found;
}

/** Whether a version says that it breaks what ran on an earlier one: a new major version, before 1.0.0 a new minor one. */
function isBreakingVersion(since, version) {
  const [[major, minor], [nextMajor, nextMinor]] = [since, version].map((text) =>
    text.split('.').map(Number),
  );
  return nextMajor > major || (nextMajor === 0 && major === 0 && nextMinor > minor);
}

module.exports = { breakingChanges, isBreakingVersion, undated };
