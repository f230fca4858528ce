// Go's github.com/mennanov/limiters over DynamoDB: fixed window and sliding window. One limiter object a
// key, as the library means it. ../python/demand.py says how a driver is talked to.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/mennanov/limiters"
	"golang.org/x/sys/unix"
)

const table = "mennanov_limiters_bench"

type job struct {
	Limiter string  `json:"limiter"`
	Prefix  string  `json:"prefix"`
	Keys    int     `json:"keys"`
	Callers int     `json:"callers"`
	N       int64   `json:"n"`
	WindowS int     `json:"window_s"`
	Seconds float64 `json:"seconds"`
	Record  string  `json:"record"`
	Burst   *struct {
		OnMs      int64 `json:"on_ms"`
		PeriodMs  int64 `json:"period_ms"`
		TrickleMs int64 `json:"trickle_ms"`
	} `json:"burst"`
}

type counts struct {
	Decisions  int     `json:"decisions"`
	Admitted   int     `json:"admitted"`
	Refused    int     `json:"refused"`
	Errors     int     `json:"errors"`
	FirstError string  `json:"first_error"`
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds"`

	admissions strings.Builder
}

type limiter interface {
	Limit(ctx context.Context) (time.Duration, error)
}

// The clock that all processes of the machine share; time.Now() does not show its monotonic part.
func monotonic() int64 { return read(unix.CLOCK_MONOTONIC) }

func read(clock int32) int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(clock, &now); err != nil {
		log.Fatal(err)
	}
	return now.Nano()
}

func sleepUntil(instant int64) { time.Sleep(time.Duration(instant - monotonic())) }

func callRepeatedly(caller int, j job, start int64, byKey []limiter, c *counts) {
	end := start + int64(j.Seconds*1e9)
	key := caller * j.Keys / j.Callers
	trickle := start
	sleepUntil(start)
	for now := monotonic(); now < end; now = monotonic() {
		if j.Burst != nil && caller == 0 {
			sleepUntil(trickle)
			trickle += j.Burst.TrickleMs * 1e6
		} else if j.Burst != nil {
			period := j.Burst.PeriodMs * 1e6
			if phase := (now - start) % period; phase >= j.Burst.OnMs*1e6 {
				sleepUntil(now + period - phase)
				continue
			}
		}
		asked := monotonic()
		c.Decisions++
		_, err := byKey[key].Limit(context.Background())
		switch {
		case err == nil:
			c.Admitted++
			if j.Record != "" {
				fmt.Fprintf(&c.admissions, "%d %d %d\n", asked, monotonic(), key)
			}
		case errors.Is(err, limiters.ErrLimitExhausted):
			c.Refused++
		default:
			c.Errors++
			if c.FirstError == "" {
				c.FirstError = err.Error()
			}
		}
		key = (key + 1) % j.Keys
	}
}

func createTable(ctx context.Context, client *dynamodb.Client) error {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   aws.String(table),
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("key"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("window"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("key"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("window"), KeyType: types.KeyTypeRange},
		},
	})
	var exists *types.ResourceInUseException
	if errors.As(err, &exists) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(table),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String("ttl"), Enabled: aws.Bool(true),
		},
	})
	return err
}

func makeLimiters(ctx context.Context, j job) ([]limiter, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	client := dynamodb.NewFromConfig(settings)
	if err := createTable(ctx, client); err != nil {
		return nil, err
	}
	properties, err := limiters.LoadDynamoDBTableProperties(ctx, client, table)
	if err != nil {
		return nil, err
	}
	window := time.Duration(j.WindowS) * time.Second
	clock := limiters.NewSystemClock()
	made := make([]limiter, j.Keys)
	for key := range made {
		name := j.Prefix + "-" + strconv.Itoa(key)
		switch j.Limiter {
		case "fixed-window":
			backend := limiters.NewFixedWindowDynamoDB(client, name, properties)
			made[key] = limiters.NewFixedWindow(j.N, window, backend, clock)
		case "sliding-window":
			backend := limiters.NewSlidingWindowDynamoDB(client, name, properties)
			// The epsilon of the library's own tests.
			made[key] = limiters.NewSlidingWindow(j.N, window, backend, clock, 1e-9)
		default:
			return nil, fmt.Errorf("no limiter %q", j.Limiter)
		}
	}
	return made, nil
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: driver JOB")
	}
	var j job
	if err := json.Unmarshal([]byte(os.Args[1]), &j); err != nil {
		log.Fatal(err)
	}
	byKey, err := makeLimiters(context.Background(), j)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		log.Fatal(err)
	}
	start, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		log.Fatal(err)
	}

	cpu := read(unix.CLOCK_PROCESS_CPUTIME_ID)
	each := make([]counts, j.Callers)
	var callers sync.WaitGroup
	for caller := range each {
		callers.Go(func() { callRepeatedly(caller, j, start, byKey, &each[caller]) })
	}
	callers.Wait()

	total := counts{
		Seconds:    float64(monotonic()-start) / 1e9,
		CPUSeconds: float64(read(unix.CLOCK_PROCESS_CPUTIME_ID)-cpu) / 1e9,
	}
	admissions := ""
	for i := range each {
		total.Decisions += each[i].Decisions
		total.Admitted += each[i].Admitted
		total.Refused += each[i].Refused
		total.Errors += each[i].Errors
		if total.FirstError == "" {
			total.FirstError = each[i].FirstError
		}
		admissions += each[i].admissions.String()
	}
	if j.Record != "" {
		if err := os.WriteFile(j.Record, []byte(admissions), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(&total); err != nil {
		log.Fatal(err)
	}
}
