/** Names the build that answers; `/health` reports it. plimsoll's source edit rewrites this string. */
export const release = "unreleased";
