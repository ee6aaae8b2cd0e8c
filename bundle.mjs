import { build } from "rolldown";

/**
 * Bundles the compiled modules and their packages into a few files, which `npm start`, the image and the command run. A
 * start from single modules finds, reads and compiles some 1,500 files, which takes half of its CPU time and 11 MiB
 * (2026-11-30, Node.js 20.20, medians of 7 interleaved starts). Nothing is renamed or minified, so that the stacks of errors
 * keep their names. `npm run build` runs it.
 *
 * V8 keeps the text of every loaded file, with one character above U+00FF in two bytes for each character. So all of them
 * are escaped, and comments are left out.
 */
await build({
  input: { main: "dist/main.js", "worker-main": "dist/worker-main.js", moego: "dist/cli/moego.js" },
  platform: "node",
  // An optional package of pg, which is not installed.
  external: ["pg-native"],
  output: {
    ...{ dir: "dist/bundle", format: "esm", cleanDir: true },
    ...{ entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    comments: { legal: true, jsdoc: false, annotation: false },
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: false, asciiOnly: true, legalComments: "inline" } },
  },
});
