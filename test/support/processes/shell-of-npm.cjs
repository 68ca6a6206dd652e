// Stands for the shell that npm runs a script in: starts the program that it is given and does not
// pass signals on to it.
const { spawn } = require('node:child_process');

spawn(process.execPath, [...process.execArgv, ...process.argv.slice(2)], { stdio: 'inherit' });
