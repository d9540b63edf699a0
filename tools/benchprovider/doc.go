// Command benchprovider measures the built provider under a real CLI: how fast it starts, and what planning and
// applying many endpoints costs beside as many terraform_data resources, which cost the CLI alone.
//
// Every target ends in one line: bar NAME MEASURED TARGET ok|short.
package main
