import { expect, it } from "vitest";
import { commandPages } from "./command-pages.js";

it("docs/commands.md describes every command, its options and the exit codes (npm run docs writes it)", async () => {
  await expect(commandPages()).toMatchFileSnapshot("../../docs/commands.md");
});
