import { declareCommand } from "../declaration.js";

export const completion = declareCommand({
  name: "completion",
  about: "Print a completion script for bash or zsh",
  arguments: { SHELL: { about: "bash or zsh", choices: ["bash", "zsh"] } },
  options: {},
});
