// The server of envoyproxy/ratelimit, as its own main starts it.
package main

import "github.com/envoyproxy/ratelimit/src/service_cmd/runner"

func main() {
	one := runner.NewRunner()
	one.Run()
}
