-- The campaigns that people met, in the order of first meeting; of buyers only what they met
-- before their first purchase. Everybody has one path, so nothing is counted twice.
WITH touches AS (
  SELECT user_id, campaign, impression_dt_utc AS touched_at
  FROM TABLE(EXTEND_TIME_WINDOW('dsp_impressions', {{lookback}}, 'P0D'))
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT user_id, campaign, event_dt_utc
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', {{lookback}}, 'P0D'))
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
),
buyers AS (
  SELECT user_id, MIN(event_dt_utc) AS first_bought_at, SUM(conversions) AS purchases,
         SUM(total_product_sales) AS sales
  FROM conversions
  WHERE event_subtype = 'order' AND user_id IS NOT NULL
  GROUP BY user_id
),
met AS (
  SELECT t.user_id, t.campaign, MIN(t.touched_at) AS first_met_at
  FROM touches t
  LEFT JOIN buyers b ON t.user_id = b.user_id
  WHERE b.first_bought_at IS NULL OR t.touched_at <= b.first_bought_at
  GROUP BY t.user_id, t.campaign
),
numbered AS (
  SELECT user_id, campaign,
         ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY first_met_at, campaign) AS place
  FROM met
),
steps AS (
  SELECT user_id, CONCAT(place, '. ', campaign) AS step
  FROM numbered
  WHERE place <= {{steps}}
),
paths AS (
  SELECT user_id, ARRAY_TO_STRING(ARRAY_SORT(COLLECT(DISTINCT step)), ' > ') AS path
  FROM steps
  GROUP BY user_id
)
SELECT p.path,
       COUNT(DISTINCT p.user_id) AS users,
       COUNT(DISTINCT b.user_id) AS buyers,
       SUM(COALESCE(b.purchases, 0)) AS purchases,
       SUM(COALESCE(b.sales, 0)) AS sales
FROM paths p
LEFT JOIN buyers b ON p.user_id = b.user_id
GROUP BY p.path
