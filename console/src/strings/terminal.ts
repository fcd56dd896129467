/** Texts of the terminal. */
export const terminal = {
  title: "Terminal",
  description: "Runs commands of the AWS CLI as you, for the services that iamd serves. There is no shell here, and there are no files.",
  greeting: "Try: aws sts get-caller-identity, aws iam list-users --output table, aws help",
  keys: "Enter runs, Shift+Enter begins a line, Tab completes (Escape, then Tab leaves the field), ↑ and ↓ go through what was typed, Ctrl+C gives the line up, Ctrl+L clears.",
  output: "Output",
  command: "Command",
  prompt: "$",
  clear: "Clear",
  forget: "Forget history",
  forgotten: "The history of the terminal has been forgotten in this browser.",
  exit: (status: number) => `Exit code ${status}`,
  many: (count: number) => `and ${count} more`,
};
