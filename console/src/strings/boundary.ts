/** Texts about permissions boundaries. */
export const boundary = {
  title: "Permissions boundary",
  what: "The most that the policies can give. Without one, nothing limits them here.",
  none: "Not set",
  set: "Set boundary",
  change: "Change boundary",
  policy: "Policy",
  choose: "Choose a policy",
  saved: "The permissions boundary has been set.",
  remove: "Remove boundary",
  removeTitle: (name: string) => `Remove the permissions boundary of ${name}?`,
  removeWhat: "From now on, everything that its policies allow is allowed.",
  removed: "The permissions boundary has been removed.",
};
