import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const dockerfile = readFileSync("Dockerfile", "utf8");
const compose = readFileSync("compose.yaml", "utf8");

it("copies only what is in the repository, and what .dockerignore lets through", () => {
  const allowed = readFileSync(".dockerignore", "utf8")
    .split("\n")
    .flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []));
  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, words = ""]) => words.split(" "));
  expect(sources.length).toBeGreaterThan(5);
  for (const source of sources) {
    expect(existsSync(source), source).toBe(true);
    expect(
      allowed.some((path) => source === path || source.startsWith(`${path}/`)),
      source,
    ).toBe(true);
  }
});

it("runs as a user without privileges, by a command that gets its signals itself", () => {
  const [, , run = ""] = dockerfile.split(/^FROM /m);
  expect(run).toMatch(/^USER node$/m);
  expect(run).toMatch(/^CMD \["node", "dist\/bundle\/main\.js"\]$/m);
  expect(run.indexOf("USER node")).toBeLessThan(run.indexOf("CMD ["));
});

it("is built from images of a fixed content, as is the database beside it", () => {
  const images = [...dockerfile.matchAll(/^FROM (\S+)/gm), ...compose.matchAll(/^ +image: (\S+)$/gm)].map(
    ([, image]) => image,
  );
  expect(images).toHaveLength(3);
  for (const image of images) expect(image).toMatch(/^(node:24|postgres:18)\.[\w.-]+@sha256:[0-9a-f]{64}$/);
  expect(readFileSync(".nvmrc", "utf8").trim()).toBe("24");
});

it("answers whether it is healthy", () => {
  expect(dockerfile).toMatch(/^HEALTHCHECK .*"\/healthz"|^HEALTHCHECK .*'\/healthz'/m);
  expect(serviceOf("database")).toContain("healthcheck:");
});

it.each(["migrate", "service", "database"])(
  "%s runs with a read-only root, no capability, and no way to one",
  (name) => {
    const [, hardened = ""] = /^x-hardened: &hardened\n((?: {2}.*\n)+)/m.exec(compose) ?? [];
    expect(hardened.trim().split(/\n */)).toEqual([
      ...["read_only: true", "cap_drop: [ALL]", 'security_opt: ["no-new-privileges:true"]'],
    ]);
    const service = serviceOf(name);
    expect(service).toContain("    <<: *hardened\n");
    expect(service).not.toMatch(/^ +(read_only|cap_add|cap_drop|privileged|security_opt):/m);
  },
);

it("names every service of compose.yaml above", () => {
  const services = compose.slice(compose.indexOf("\nservices:"), compose.indexOf("\nvolumes:"));
  expect(services.match(/^ {2}\w+(?=:$)/gm)).toEqual(["  migrate", "  service", "  database"]);
});

it("has a writable folder for what a start without secrets keeps", () => {
  expect(dockerfile).toMatch(/^VOLUME \/data$/m);
  expect(dockerfile).toMatch(/ DATA_DIR=\/data$/m);
  expect(serviceOf("service")).toContain('volumes: ["data:/data"]');
});

it("is audited and listed with its dependencies at a release", () => {
  const release = readFileSync(".github/workflows/release.yml", "utf8");
  const commands = [...release.matchAll(/^ +- run: (.*)$/gm)].map(([, command = ""]) => command);
  expect(commands).toEqual([
    expect.stringMatching(/^npm ci /),
    ...["npm audit --omit dev", "npm audit signatures"],
    expect.stringMatching(/^npm run --silent sbom > "(.*\.cdx\.json)"$/),
    expect.stringMatching(/^gh release create .*\.cdx\.json"$/),
  ]);
  expect(JSON.parse(readFileSync("package.json", "utf8")).scripts.sbom).toContain("--sbom-format cyclonedx");
});

function serviceOf(name: string): string {
  return new RegExp(`^ {2}${name}:\\n((?: {4}.*\\n)+)`, "m").exec(compose)?.[1] ?? "";
}
