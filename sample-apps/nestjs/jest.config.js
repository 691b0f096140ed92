/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  transform: { "\\.ts$": "ts-jest" },
  // edits/ holds a second manifest of the same name.
  modulePathIgnorePatterns: ["<rootDir>/edits/", "<rootDir>/dist/"],
};
