package app

import "github.com/maxence-charriere/go-app/v10/pkg/errors"

// Nothing of the page is encrypted: it holds nothing secret and stores a few settings by itself.
var errNoCrypto = errors.New("this build has no encryption")

func encrypt(key string, v []byte) ([]byte, error) { return nil, errNoCrypto }

func decrypt(key string, v []byte) ([]byte, error) { return nil, errNoCrypto }
