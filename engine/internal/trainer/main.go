package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"runtime"
	"time"
)

func main() {
	out := flag.String("out", "checkpoint/default", "directory to write")
	steps := flag.Int("steps", 1600, "optimiser steps")
	threads := flag.Int("threads", runtime.GOMAXPROCS(0), "goroutines; the result does not depend on it")
	flag.Parse()
	if err := run(*out, *steps, *threads); err != nil {
		log.Fatal(err)
	}
}

// run trains and writes.
func run(out string, steps, threads int) error {
	c, err := loadCorpus()
	if err != nil {
		return err
	}
	vocab := trainBPE(c.text(), vocabSize-len(specials()))
	enc, err := vocab.encoder()
	if err != nil {
		return err
	}
	n := newNet(shape(), threads)
	b := newBatcher(c, enc)
	start := time.Now()
	average := math.NaN()
	for step := range steps {
		batch := b.next()
		loss := n.train(batch)
		n.update(step, rate(step, steps))
		if math.IsNaN(average) {
			average = loss
		}
		average = 0.98*average + 0.02*loss
		if step%100 == 99 {
			fmt.Printf("step %5d  loss %.4f  %s\n", step+1, average, time.Since(start).Round(time.Second))
		}
	}
	return export(out, n, vocab)
}

// Learning rate: a short warm-up, then half a cosine down to a hundredth.
const (
	peakRate = 4e-3
	warmUp   = 100
)

func rate(step, steps int) float64 {
	if step < warmUp {
		return peakRate * float64(step+1) / warmUp
	}
	p := float64(step-warmUp) / float64(max(1, steps-warmUp))
	return peakRate * (0.01 + 0.99*0.5*(1+math.Cos(math.Pi*p)))
}
